"""Retro-hunt: what a new or changed rule would find in everything that is stored, shown before it is applied."""
