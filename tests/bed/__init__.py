"""What the tests in Python stand on: the scripted vendors, a running agm, and waiting for either."""
