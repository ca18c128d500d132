"""What a message is about, and how sure we are: rules an officer can read, and a text model beside them."""
