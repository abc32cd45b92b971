"""The pages for signing in, registering and security where Supabase Auth does this (ECOPANIER_AUTH=supabase)."""

from backend.pages import account_pages
from backend.pages.supabase import entering, links, security

routes = [*entering.routes, *links.routes, *security.routes, *account_pages.shared_routes]
