"""A run's certificate is good whatever the clocks of its machines say."""

import datetime

import pytest

pytest.importorskip("cryptography")

from cryptography import x509

from scoop.cluster.lines.certificate import new_terms


def test_a_certificate_is_valid_at_any_time_of_any_clock() -> None:
    certificate = x509.load_pem_x509_certificate(new_terms("run").authority.encode())
    assert certificate.not_valid_before_utc.year == 1970
    assert certificate.not_valid_after_utc.year == 9999
    assert datetime.timedelta(365 * 7000) < certificate.not_valid_after_utc - certificate.not_valid_before_utc


def test_each_run_has_a_key_of_its_own() -> None:
    assert len({new_terms("run").certificate for _ in range(3)}) == 3
