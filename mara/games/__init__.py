"""Games: solvers of finite, continuous and cooperative games, one algorithm a file."""
