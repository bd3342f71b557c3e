"""How a website is let in: a code shown on the home's panels and typed into the website."""
