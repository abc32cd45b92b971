"""A local stand-in for Supabase Auth, never for production: it speaks its HTTP protocol and sends no mail.

`python -m scripts.stand_ins.supabase` runs it on its own. Tests run `SupabaseStandIn` in their own process.
"""

from scripts.stand_ins.serving import RefusedInProduction
from scripts.stand_ins.supabase.people import Mail
from scripts.stand_ins.supabase.server import SupabaseStandIn

__all__ = ["Mail", "RefusedInProduction", "SupabaseStandIn"]
