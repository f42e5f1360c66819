"""What the components' datamodules share: manifests, corpus readers, length buckets, padding."""
