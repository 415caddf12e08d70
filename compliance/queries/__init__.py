"""Questions of compliance."""
