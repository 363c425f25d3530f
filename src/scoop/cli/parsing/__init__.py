"""The words of the command line: options, their help, and what completes and describes them."""
