"""The independent verifier: small, standard library only, Python 3.8 or later, so that it runs on an opposing lawyer's machine.

Its modules import one another by ``from evidence.verifier.x import a, b`` only, and every name is used once among them: ``bundle`` puts
them into the one readable file that lies in each package.
"""
