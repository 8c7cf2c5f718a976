"""What published figures and the model say of trusts: a year foretold, and what known draws do to a year's figures."""
