"""Who someone is: passwords, access tokens, refresh tokens, and how often one may guess."""
