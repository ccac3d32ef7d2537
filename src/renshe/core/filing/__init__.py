"""Papers: attachments by digest, documents as they were issued, archive volumes."""
