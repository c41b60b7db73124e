"""What clients download of an exam: blobs as they are, pictures cut from its pages, all of it as a ZIP."""
