"""Settings with which production starts."""

SAFE_SETTINGS = {
    "ECOPANIER_ENV": "production",
    "ECOPANIER_SECRET_KEY": "k" * 32,
    "ECOPANIER_PUBLIC_URL": "https://ecopanier.example/",
    "ECOPANIER_MASTER_KEY": "m" * 32,
    "DATABASE_URL": "postgresql://ecopanier_api:hunter2@db/ecopanier",
    "STRIPE_API_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "ECOPANIER_OPERATOR_NAME": "Association EcoPanier",
    "ECOPANIER_OPERATOR_ADDRESS": "1 place de la Cathédrale, 67000 Strasbourg",
    "SMTP_URL": "smtps://relay:hunter2@mail.example",
}
