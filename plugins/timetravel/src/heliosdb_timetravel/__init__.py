"""Time travel for HeliosDB: query a table as it was. Switched on by ``connect(..., enable_time_travel=True)``."""

from .errors import HistoryWarning

__all__ = ["HistoryWarning"]
