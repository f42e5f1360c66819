"""Makes signed corpora out of text and glosses: performers, performances, landmarks, video."""
