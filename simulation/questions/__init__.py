"""Questions asked of a result, or by experiments of their own: what each computes, its table, picture and words."""
