"""Tests of the devices, on real Home Assistants."""
