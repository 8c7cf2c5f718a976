"""A department as data: spaces, staff, rotas, steps, routes and where its patients come from."""
