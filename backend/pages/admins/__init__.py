"""The pages of admins. None of them shows who a beneficiary is: the API does not tell admins."""
