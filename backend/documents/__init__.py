"""Papers: receipts, monthly statements, invoices, credit notes and the yearly declaration of sellers."""
