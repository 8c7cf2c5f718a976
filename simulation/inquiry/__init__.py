"""Questions of a whole result: which lever earns an effect, what decides it, break-evens, shadow prices, harm."""
