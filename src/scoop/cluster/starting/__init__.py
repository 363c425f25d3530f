"""Agents on other hosts: how they are started, what they answer, why one does not take part."""
