"""Response bodies for places."""

from pydantic import Field

from backend.http.schemas import Out


class PlaceOut(Out):
    """A commune or an arrondissement."""

    insee_code: str = Field(examples=["75111"])
    name: str = Field(examples=["Paris 11e Arrondissement"])
    postcodes: list[str] = Field(examples=[["75011"]])
    department: str = Field(description="The number of its département or territory.", examples=["75"])
    latitude: float | None = Field(
        description="Of its centre, in degrees (WGS 84); null if that is not known, as for some communes overseas.",
        examples=[48.8594],
    )
    longitude: float | None = Field(description="Of its centre; null with the latitude.", examples=[2.3787])


class AddressOut(Out):
    """An address."""

    label: str = Field(examples=["12 Rue de Zurich 67000 Strasbourg"])
    insee_code: str = Field(examples=["67482"])
    postcode: str | None = Field(examples=["67000"])
    latitude: float = Field(description="In degrees (WGS 84).", examples=[48.5791])
    longitude: float = Field(examples=[7.7571])


class Places(Out):
    """The places that a question may mean, the most likely first."""

    data: list[PlaceOut]
    addresses: list[AddressOut] = Field(
        description="At most five addresses; none where the server cannot look them up, or not now."
    )
    source: str = Field(
        description="Where the data come from, under the Licence Ouverte 2.0.",
        examples=["INSEE, Code officiel géographique 2026; La Poste, Base officielle des codes postaux"],
    )
