"""Where messages leave: channels as settings (model), and one sender for each kind (smtp, webhook)."""
