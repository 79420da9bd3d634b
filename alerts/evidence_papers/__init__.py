"""The papers of an evidence package: one set of facts, each paper as DOCX and as PDF."""
