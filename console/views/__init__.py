"""One module a page. Each view parses, calls one function, answers, and says who may call it."""
