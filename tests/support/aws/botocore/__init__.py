"""As much of botocore as the operators' tool asks for."""
