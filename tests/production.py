"""Settings with which production starts."""

SAFE_SETTINGS = {
    "ECOPANIER_ENV": "production",
    "ECOPANIER_SECRET_KEY": "k" * 32,
    "ECOPANIER_PUBLIC_URL": "https://ecopanier.example/",
    "ECOPANIER_MASTER_KEY": "m" * 32,
    "DATABASE_URL": "postgresql://ecopanier_api:hunter2@db/ecopanier",
    "STRIPE_API_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "SMTP_URL": "smtps://relay:hunter2@mail.example",
}
