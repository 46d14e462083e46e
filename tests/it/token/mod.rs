mod authorization_code;
mod client_credentials;
