"""What Django's own tests are run with: settings for a backend, and a runner that writes down each outcome."""
