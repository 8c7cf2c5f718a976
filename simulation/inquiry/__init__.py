"""Questions about a finished result: what each lever contributes, what decides an effect, break-evens, prices, harm."""
