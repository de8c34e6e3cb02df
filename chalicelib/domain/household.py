"""The household as the scorer and the rules see it: who lives there and how, but not who they are.

Nothing here identifies a person: no name, no NIK, no address, no exact birth date
(architecture: "beside the answers stand birth year and month, sex, relation").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MAX_MEMBERS = 20


class Sex(StrEnum):
    """L laki-laki, P perempuan: the letters of the identity card."""

    MALE = "L"
    FEMALE = "P"


class Relation(StrEnum):
    """Relation to the head of the family, in the order of the family card (KK)."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    CHILD_IN_LAW = "child_in_law"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    PARENT_IN_LAW = "parent_in_law"
    OTHER_RELATIVE = "other_relative"
    OTHER = "other"


class Disability(StrEnum):
    """Severe disability is a PKH component (rulebook 4.1)."""

    NONE = "none"
    MILD = "mild"
    SEVERE = "severe"


class Schooling(StrEnum):
    """Highest schooling completed."""

    NONE = "none"
    PRIMARY_UNFINISHED = "primary_unfinished"
    PRIMARY = "primary"  # SD / sederajat
    LOWER_SECONDARY = "lower_secondary"  # SMP / sederajat
    UPPER_SECONDARY = "upper_secondary"  # SMA / SMK / sederajat
    DIPLOMA = "diploma"  # D1-D3
    BACHELOR = "bachelor"  # D4 / S1
    POSTGRADUATE = "postgraduate"  # S2 / S3


class Attending(StrEnum):
    """School that a member goes to now; PKH pays by level (rulebook 4.1)."""

    NO = "no"
    PRESCHOOL = "preschool"  # PAUD / TK
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    UPPER_SECONDARY = "upper_secondary"
    TERTIARY = "tertiary"


class Occupation(StrEnum):
    """Main work. The state-paid kinds matter to the exclusions of rulebook 4.5."""

    NOT_WORKING = "not_working"
    HOUSEWORK = "housework"
    STUDENT = "student"
    FARMER = "farmer"  # on own or rented land
    FISHER = "fisher"
    LABOURER = "labourer"  # buruh tani, buruh harian, pekerja bebas
    SELF_EMPLOYED = "self_employed"  # berusaha sendiri
    EMPLOYER = "employer"  # berusaha dibantu buruh tetap
    EMPLOYEE = "employee"  # buruh / karyawan / pegawai swasta
    FAMILY_WORKER = "family_worker"  # pekerja keluarga tidak dibayar
    STATE_EMPLOYEE = "state_employee"  # ASN, TNI, Polri
    STATE_COMPANY = "state_company"  # BUMN / BUMD
    PENSIONER = "pensioner"


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the household, without identity.

    Attributes:
        birth_month: (year, month) of birth; the day stays in the vault.
        has_nik: False for newborn and undocumented people, who are work for an officer.
    """

    relation: Relation
    birth_month: tuple[int, int]
    sex: Sex
    disability: Disability
    pregnant: bool
    schooling: Schooling
    attending: Attending
    occupation: Occupation
    has_nik: bool

    def age_on(self, day: tuple[int, int]) -> int:
        """Completed years in the given (year, month); the birth month itself counts as reached."""
        years = day[0] - self.birth_month[0]
        return years if day[1] >= self.birth_month[1] else years - 1


@dataclass(frozen=True, slots=True)
class Household:
    """Members and answers, with the month they were given.

    Attributes:
        village: ten-digit Kemendagri code.
        members: 1 to 20, exactly one of them the head, who stands first.
        answers: question code of the model artefact -> answer (whole number or option code).
        as_of: (year, month) the answers were given; ages are reckoned on it, so that a
            score can be run again at any later time with the same result.
    """

    village: str
    members: tuple[Member, ...]
    answers: Mapping[str, int | str]
    as_of: tuple[int, int]

    @property
    def head(self) -> Member:
        """The head of the family."""
        return self.members[0]

    @property
    def is_urban(self) -> bool:
        """True for a kelurahan: the fourth part of its code starts with 1 (rulebook 2)."""
        return self.village[6] == "1"
