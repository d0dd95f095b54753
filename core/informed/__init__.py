"""Informed separation: stems coded as side-information of a few kilobits a second beside their mix."""
