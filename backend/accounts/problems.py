"""The problems that accounts, sign-in and sessions can answer with."""

from backend.problems.problem import Problem, constraint_problems


class WrongCredentials(Problem):
    """Raised when the address or code, or the password, is wrong, or the address not confirmed; never says which."""

    code, status = "auth.wrong_credentials", 401


class TooManyTries(Problem):
    """Raised when too many sign-ins were tried for one name, from one device or from one network address."""

    code, status = "auth.too_many_tries", 429


class SecondFactorNeeded(Problem):
    """Raised when a password is right and a code must follow: `challenge_token` and the code finish the sign-in.

    `expires_in` says for how many seconds the token can do that. It can do nothing else.
    """

    code, status = "auth.second_factor_needed", 403
    example = {  # noqa: RUF012  read-only, as Problem declares it
        "challenge_token": "c2hvd24gaW4gdGhlIGRvY3VtZW50YXRpb24gb25seSE",
        "expires_in": 300,
    }


class PasswordNeeded(Problem):
    """Raised when a grave change is confirmed neither by the password nor by a recent sign-in."""

    code, status = "account.password_needed", 403


class WrongPassword(Problem):
    """Raised when the password that confirms a grave change is wrong."""

    code, status = "account.wrong_password", 403


class SessionOver(Problem):
    """Raised when a refresh token belongs to a session that has ended, or was already spent by somebody else."""

    code, status = "auth.session_over", 401


class SessionNotFound(Problem):
    """Raised when a session does not exist or is not the caller's."""

    code, status = "session.not_found", 404


class InvalidOneTimeToken(Problem):
    """Raised when a token or code from a mail or an enrolment is unknown, expired or already used.

    Also when the password that a beneficiary's address needs is wrong or was tried too often. For a code, `tries_left`
    says how many more tries the address has.
    """

    code, status = "auth.invalid_one_time_token", 422


class PasswordTooCommon(Problem):
    """Raised when a new password is among those that attackers try first."""

    code, status = "auth.password_too_common", 422


class PasswordMissing(Problem):
    """Raised when an address is confirmed without a password, except on the device that registered it."""

    code, status = "auth.password_missing", 422


class SignInElsewhere(Problem):
    """Raised by our own sign-in routes where Supabase Auth signs people in; `where` is its address."""

    code, status = "auth.elsewhere", 409
    example = {"where": "https://project.supabase.co/auth/v1"}  # noqa: RUF012  read-only, as Problem declares it


class RoleNotOpen(Problem):
    """Raised when somebody registers in a role that is not open: beneficiary or admin."""

    code, status = "account.role_not_open", 422


class EmailTaken(Problem):
    """Raised when another account already has the e-mail address."""

    code, status = "account.email_taken", 409


class AlreadyRegistered(Problem):
    """Raised when somebody whom Supabase Auth signed in registers a second time."""

    code, status = "account.already_registered", 409


class NameIsCode(Problem):
    """Raised when beneficiaries try to change their name, which is their code so that no list shows who they are."""

    code, status = "account.name_is_code", 409


constraint_problems({"accounts_email_key": EmailTaken})
