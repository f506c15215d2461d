"""The HTTP settings of the stand-in Home Assistant, with trial and revert.

There is a stable slot, and perhaps a pending one. A start takes the pending
one on trial; unless somebody promotes it in time it is given up, with its
error, and the stable one is back after another restart. What must survive a
restart goes through the environment, for the program executes itself anew.
"""

from __future__ import annotations

import argparse
import datetime
import ipaddress
import json
import os
import sys

STATE = "FAKE_HA_STATE"
DEFAULT_PORT = 80
LEGACY_PORT = 8123
META = ("created_at", "error", "error_message")
NONE_WRONG = {"error": None, "error_message": None}


class Invalid(Exception):
    """Settings that Home Assistant refuses; the code, and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _strings(value) -> list[str]:
    if isinstance(value, str):
        value = [value]
    if (not isinstance(value, list)
            or not all(isinstance(item, str) for item in value)):
        raise ValueError("value should be a string")
    return value


def _networks(value) -> list[str]:
    return [str(ipaddress.ip_network(text)) for text in _strings(value)]


def _port(value) -> int:
    if type(value) is not int or not 1 <= value <= 65535:
        raise ValueError("invalid port")
    return value


def _boolean(value) -> bool:
    if type(value) is not bool:
        raise ValueError("expected bool")
    return value


def _profile(value) -> str:
    if value not in ("modern", "intermediate"):
        raise ValueError("value must be one of modern, intermediate")
    return value


READERS = {
    "server_host": _strings,
    "server_port": _port,
    "cors_allowed_origins": _strings,
    "use_x_forwarded_for": _boolean,
    "trusted_proxies": _networks,
    "login_attempts_threshold": int,
    "ip_ban_enabled": _boolean,
    "ssl_profile": _profile,
    "use_x_frame_options": _boolean,
}
DEFAULTS = {
    "server_port": DEFAULT_PORT,
    "cors_allowed_origins": ["https://cast.home-assistant.io"],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": True,
    "ssl_profile": "modern",
    "use_x_frame_options": True,
}


def validate(config) -> dict:
    """The settings as Home Assistant stores them: keys left out are the
    defaults."""
    if not isinstance(config, dict):
        raise Invalid("invalid_format", "expected a dictionary")
    for key in config:
        if key not in READERS:
            raise Invalid("invalid_format",
                          f"extra keys not allowed @ data['config']['{key}']")
    if ("use_x_forwarded_for" in config) != ("trusted_proxies" in config):
        raise Invalid("invalid_format",
                      "some but not all values in the same group of "
                      "inclusion 'proxy' @ data['config'][<proxy>]")
    try:
        found = {key: READERS[key](value) for key, value in config.items()}
    except (TypeError, ValueError) as error:
        raise Invalid("invalid_format", str(error)) from None
    return {**DEFAULTS, **found}


class Settings:
    """What the program is started with, and what it is told meanwhile."""

    def __init__(self, options: argparse.Namespace,
                 trusted: list | None) -> None:
        self._options = options
        self.counts = {"restarts": 0, "unauthorized": 0, "wrong_logins": 0}
        self.external_url: str | None = None
        self.log: list[str] = []
        self.revert_at: datetime.datetime | None = None
        self.pending: dict | None = None
        self.is_default = options.legacy_port
        self.refusals = options.not_running
        self.stable = {**DEFAULTS, "server_port": options.port,
                       "created_at": now().isoformat(), **NONE_WRONG}
        if trusted is not None:
            self.stable |= {"use_x_forwarded_for": True,
                            "trusted_proxies": [str(net) for net in trusted]}
        if options.lost_mask is not None:
            self.stable["trusted_proxies"].append(options.lost_mask)
        self._recall()
        self.active = self._activate()

    def _recall(self) -> None:
        state = os.environ.pop(STATE, None)
        if state is not None:
            for name, value in json.loads(state).items():
                setattr(self, name, value)
            self.counts["restarts"] += 1

    def _activate(self) -> str:
        if self.pending is not None and self.pending["error"] is None:
            if self._options.trial != "unusable":
                self.is_default = False
                self.revert_at = now() + datetime.timedelta(
                    seconds=self._options.revert_after)
                return "pending"
            self.pending |= {"error": "apply_failed",
                             "error_message": "Failed to create HTTP server"}
        return "default_legacy_port" if self.is_default else "stable"

    @property
    def port(self) -> int:
        """That it is configured for; it is always reached at --port."""
        return self.slot["server_port"]

    @property
    def slot(self) -> dict:
        """What the running server was started with."""
        if self.active == "pending":
            return self.pending
        return (self.stable if self.active == "stable"
                else {**DEFAULTS, "server_port": LEGACY_PORT})

    @property
    def trusted(self) -> list | None:
        if not self.slot.get("use_x_forwarded_for", False):
            return None
        return [ipaddress.ip_network(text, strict=False)
                for text in self.slot["trusted_proxies"]]

    def read(self) -> dict:
        return {
            "stable": self.stable, "pending": self.pending,
            "default": {**DEFAULTS, **NONE_WRONG, "created_at": None},
            "active_config_type": self.active,
            "revert_at": self.revert_at and self.revert_at.isoformat()}

    def configure(self, config) -> bool:
        """Whether this needs a restart."""
        if self.refusals > 0:
            self.refusals -= 1
            raise Invalid("not_running", "The HTTP configuration can only be "
                          "changed while Home Assistant is running")
        wanted = validate(config)
        if (wanted["server_port"] != self.port
                or self._options.trial == "refused"):
            raise Invalid("bind_failed", "Failed to bind to port "
                          f"{wanted['server_port']}")
        known = self.pending or self.stable
        if wanted == {key: value for key, value in known.items()
                      if key not in META} and known["error"] is None:
            return False
        self.pending = {**wanted, **NONE_WRONG,
                        "created_at": now().isoformat()}
        return True

    def promote(self) -> None:
        if self.pending is None or self.pending["error"] is not None:
            raise Invalid("not_allowed",
                          "No pending HTTP config to promote")
        if self._options.trial == "unkept":
            raise Invalid("not_allowed", "No space left on device")
        self.stable, self.pending = self.pending, None
        self.active = "stable"
        self.revert_at = None

    def give_up(self) -> bool:
        """The trial is over. Whether there was one."""
        if self.active != "pending":
            return False
        self.pending["error"] = "not_promoted"
        return True

    def restart(self) -> None:
        """Never returns: connections are cut."""
        names = ("counts", "external_url", "log", "pending", "stable",
                 "is_default", "refusals")
        os.environ[STATE] = json.dumps(
            {name: getattr(self, name) for name in names})
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.argv])
