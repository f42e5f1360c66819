"""Files to structures and back: video, landmarks, drawings."""
