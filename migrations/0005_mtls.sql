-- The certificate that the refresh tokens of a grant are bound to: its SHA-256 thumbprint in base64url.
ALTER TABLE grants ADD COLUMN refresh_certificate TEXT;
