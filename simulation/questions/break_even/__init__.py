"""At which seconds saved, adoption, accuracy or price does an arm do as much as another one? `aeflow breakeven`."""
