"""How the stand-in says where a family's case or a report stands; none of it is true of anybody."""

from __future__ import annotations

from typing import Any

REPORTED: dict[str, Any] = {
    "stage": "review",
    "title": "Pengawas memeriksa laporan",
    "next": {
        "text": "Pengawas dari kecamatan lain membaca laporan dan menindaklanjutinya.",
        "who": "Pengawas dari kecamatan lain",
        "by": "30 November 2026",
    },
    "notes": [],
    "steps": [{"at": "22 November 2026, 08.15", "step": "Laporan diterima"}],
    "evidence": [{"state": "Sedang diperiksa", "why": ""}],
    "outcome": None,
}
DECIDED: dict[str, Any] = {
    "state": "decided",
    "title": "Hasil sudah ada",
    "next": "Baca hasil tiap bantuan di bawah. Hasil ini belum berarti bantuan cair.",
    "expect_by": None,
    "timeline": [
        {"at": "21 November 2026, 08.15", "title": "Pendaftaran diterima"},
        {"at": "21 November 2026, 08.16", "title": "NIK sudah cocok"},
        {"at": "21 November 2026, 08.16", "title": "Hasil sudah ada"},
    ],
    "notes": [],
    "corrections": [],
    "decisions": [
        {
            "programme": "PKH",
            "name": "PKH",
            "eligible": True,
            "provisional": True,
            "sentence": "Keluarga Anda dinyatakan LAYAK untuk PKH. Ini belum berarti bantuan cair; "
            "penyaluran mengikuti kuota dan jadwal.",
            "note": "Hasil ini sementara.",
            "reasons": [
                {
                    "code": "decile_within",
                    "sentence": "Perkiraan kami, keluarga Anda masuk kelompok 2 dari 10 (desil 2).",
                }
            ],
            "estimate": ["Perkiraan bantuan Rp900.000 setahun. Ini perkiraan, bukan janji."],
            "would_change": ["Laporkan jika susunan keluarga Anda berubah."],
            "rests_on": "Jawaban Anda per 21 November 2026; model contoh c0c385d5.",
            "how_to_appeal": "Ajukan sanggah sampai 21 Desember 2026. Gratis.",
        },
        {
            "programme": "PBI",
            "name": "PBI-JK",
            "eligible": False,
            "provisional": True,
            "sentence": "Keluarga Anda BELUM LAYAK untuk PBI-JK.",
            "note": "",
            "reasons": [{"code": "state_employee", "sentence": "1 anggota keluarga adalah ASN."}],
            "estimate": [],
            "would_change": ["Jika anggota itu sudah tidak bekerja di sana, laporkan."],
            "rests_on": "Jawaban Anda per 21 November 2026.",
            "how_to_appeal": "Ajukan sanggah sampai 21 Desember 2026. Gratis.",
        },
    ],
    "contributions": [
        {"direction": "lowers", "sentence": "Jamban menurunkan perkiraan belanja sekitar 4 persen."}
    ],
    "model": {
        "name": "Model contoh",
        "demonstration": True,
        "notice": "Penilaian ini memakai rumus contoh, bukan rumus resmi.",
        "sha256": "c0c385d56dc923db",
    },
}
WAITING: dict[str, Any] = {
    **DECIDED,
    "state": "received",
    "title": "Pendaftaran diterima",
    "next": "Kami sedang mengecek NIK keluarga Anda ke Dukcapil.",
    "expect_by": "23 November 2026",
    "timeline": DECIDED["timeline"][:1],
    "decisions": [],
    "contributions": [],
    "model": None,
}
CORRECTION: dict[str, Any] = {
    **WAITING,
    "state": "needs_correction",
    "title": "Perlu perbaikan data",
    "next": "Ada data yang berbeda dengan catatan Dukcapil.",
    "corrections": [
        {"field": "members.0.birth_date", "message": "Tanggal lahir kepala keluarga berbeda."},
        {"field": "members.0.name", "message": "Nama kepala keluarga berbeda."},
        {"field": "kk", "message": "Nomor KK berbeda dengan catatan Dukcapil."},
    ],
}
