"""Enrolment by software: API clients enrol people in the name of associations that mandated them."""
