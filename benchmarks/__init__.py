"""What HeliosDB costs, as ratios against a peer measured in the same run. See README.md."""
