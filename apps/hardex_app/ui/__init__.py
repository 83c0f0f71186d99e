"""What the pages share: navigation, style and scripts."""
