"""x"""
def decision_panel(snapshot): pass
def what_if_panel(console): pass
