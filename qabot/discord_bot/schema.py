"""The tables of the bot's store, as steps from one version of the file to the next.

``user_version`` says which step a file has reached; 0 is an empty file. A step is never changed once released: what
the tables should be next is a further step. ``message``, ``quote`` and ``settings`` tell nothing of a person;
``asked``, ``thumb`` and ``waiting`` do, and are written with logging on only.
``looked``: the sum of the document when the quote was last held against it, "" if it was gone; ``marked``: which
quotes the message says are outdated; ``tried``: the state of the documents of which the question was last asked.
"""

from __future__ import annotations

import sqlite3

from qabot.errors import ConfigError

STEPS = (
    """
    create table message (
        id integer primary key, channel integer not null, server integer, generation text not null,
        posted_s real not null, expires_s real not null
    );
    create index message_expires on message (expires_s);
    create index message_server on message (server);
    create table quote (
        message integer not null references message (id) on delete cascade, at integer not null,
        source text not null, start integer not null, end integer not null,
        answer_start integer, answer_end integer, sha256 text not null, text_sha256 text not null,
        rank integer not null, confidence real not null,
        primary key (message, at)
    ) without rowid;
    create table settings (server integer primary key, json text not null);
    create table asked (
        number integer primary key, message integer, channel integer not null, server integer, member integer not null,
        question text not null, answered integer not null, confidence real not null, asked_s real not null
    );
    create index asked_member on asked (member);
    create index asked_server on asked (server, answered);
    create index asked_message on asked (message);
    create index asked_time on asked (asked_s);
    create table thumb (
        message integer not null, member integer not null, verdict text not null, at_s real not null,
        primary key (message, member)
    ) without rowid;
    create index thumb_member on thumb (member);
    """,
    """
    alter table message add column marked text not null default '';
    alter table quote add column looked text not null default '';
    update quote set looked = sha256;
    create index quote_looked on quote (source, looked);
    alter table asked add column understood text;
    alter table asked add column source text;
    create table waiting (
        message integer not null, channel integer not null, server integer, member integer not null,
        question text not null, source text, private integer not null, since_s real not null, tried text not null,
        primary key (message, member)
    ) without rowid;
    create index waiting_member on waiting (member);
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file to the newest version, each step whole or not at all.

    Raises:
        ConfigError: if a newer qabot wrote it.
        sqlite3.Error: if it cannot be read or written.
    """
    (version,) = connection.execute("pragma user_version").fetchone()
    if version > len(STEPS):
        raise ConfigError(
            "qabot.sqlite was written by a newer qabot", remedy="Update qabot, or move that file away to start afresh."
        )
    for number, step in enumerate(STEPS[version:], start=version + 1):
        try:
            connection.executescript(f"begin immediate; {step}; pragma user_version = {number}; commit")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
