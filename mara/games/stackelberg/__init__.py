"""Leaders who move first, and followers who answer best."""
