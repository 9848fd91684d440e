"""Settings that a stand-in has no use for."""


class Config:
    def __init__(self, **settings: object) -> None:
        self.settings = settings
