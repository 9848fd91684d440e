"""What the services refuse with."""


class EndpointConnectionError(Exception):
    pass


class NoCredentialsError(Exception):
    pass


class NoRegionError(Exception):
    pass


class ClientError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}
