"""The analysis of flows of which each may stand for several: what a filter under attack left of them.

The same steps as of flows that all stand for themselves, with every count weighted and sums of counts estimated.
"""
