"""What accounts, sign-in and sessions are refused with."""

from backend.problems.problem import Problem, constraint_problems


class WrongCredentials(Problem):
    """The e-mail address or code and the password do not belong together."""

    code, status = "auth.wrong_credentials", 401


class TooManyTries(Problem):
    """Too many sign-ins were tried; wait as long as Retry-After says."""

    code, status = "auth.too_many_tries", 429


class SessionOver(Problem):
    """This session is over; sign in again."""

    code, status = "auth.session_over", 401


class InvalidOneTimeToken(Problem):
    """This token was used already, has expired, or was never given out; ask for a new one."""

    code, status = "auth.invalid_one_time_token", 422


class PasswordTooCommon(Problem):
    """This password is among those that are tried first; take a longer or less usual one."""

    code, status = "auth.password_too_common", 422


class SignInElsewhere(Problem):
    """Signing in, passwords and tokens are handled by Supabase Auth, at the address in `where`."""

    code, status = "auth.elsewhere", 409
    example = {"where": "https://project.supabase.co/auth/v1"}  # noqa: RUF012  read-only, as Problem declares it


class RoleNotOpen(Problem):
    """Nobody registers in this role: associations enrol beneficiaries, and admins are made by the operator."""

    code, status = "account.role_not_open", 422


class EmailTaken(Problem):
    """Another account has this e-mail address."""

    code, status = "account.email_taken", 409


class AlreadyRegistered(Problem):
    """You are registered already; nothing was changed."""

    code, status = "account.already_registered", 409


class NameIsCode(Problem):
    """A beneficiary is named by their code, so that no list shows who they are."""

    code, status = "account.name_is_code", 409


constraint_problems({"accounts_email_key": EmailTaken})
