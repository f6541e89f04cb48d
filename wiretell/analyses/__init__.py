"""Analyses: functions from frame to frame, written with Narwhals."""
