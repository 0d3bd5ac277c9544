"""Made-up people and firms of several languages, on a list or not. Deterministic."""

from dataclasses import dataclass
from random import Random

# Family names, given names. Words of common knowledge; whom they make up together does not exist.
ARABIC = (
    "Qahtani Zawahiri Harbi Shehri Ghamdi Tikriti Maghribi Masri Libi Sudani Yamani Jaburi Dulaimi"
    " Samarrai Hamdani Baghdadi Mosuli Rashidi Khalidi Otaibi Mutairi Anzi Shammari Dosari Zahrani"
    " Balawi Juhani Subaie Rubaie Azzawi Obeidi Kubaisi Hashimi Ansari Kinani Tamimi Nuaimi Asiri"
    " Suwaidi Ketbi Mazrouei Haddad Khoury Nasrallah Mansour Barakat Shalabi Bishara Fayyad",
    "Mohammed Ahmed Ali Hussein Hassan Ibrahim Yusuf Khalid Omar Abdullah Abdulrahman Mustafa Salim"
    " Saeed Tariq Walid Ziad Nasser Faisal Fahd Sultan Majid Hamza Bilal Anas Usama Ayman Samir"
    " Karim Rashid Jamal Marwan Qasim Yasin Habib"
    " Munir Sami Adel Bashir Khalil Ismail Idris Haitham"
    " Muhannad Raed Ghassan Luay Thamer Wissam Zuhair",
)
PERSIAN = (
    "Ahmadi Hosseini Karimi Rezaei Moradi Jafari Soleimani Rahimi Tehrani Shirazi Esfahani Tabrizi"
    " Kermani Zarif Ghasemi Farahani Bagheri Sadeghi Nouri Khorasani Mousavi Larijani Fallahian"
    " Yazdi Golzar Pourali Zandi Dehghan Ashrafi Vahedi Mirzaei Kazemi Daneshvar Naderi Sharifi",
    "Reza Hamid Mehdi Amir Behzad Farhad Dariush"
    " Kaveh Majid Saeid Mahmoud Gholam Masoud Iraj Parviz"
    " Shahram Bahram Ramin Siavash Arash Babak Esmail Davood Ebrahim Hooshang Mohsen Naser Omid"
    " Peyman Rostam Sohrab Vahid Yaghoub Zohreh",
)
RUSSIAN = (
    "Ivanov Petrov Sidorov Volkov Kuznetsov Morozov Lebedev Sokolov Orlov Zaytsev Baranov Fedorov"
    " Mikhailov Belyaev Tarasov Kiselev Makarov"
    " Andreev Kovalev Ilyin Gusev Titov Kuzmin Kudryavtsev"
    " Abramov Bogdanov Vorobyov Zhukov Shestakov Chernov Shcherbakov Timchenko Rotenberg Deripaska"
    " Usmanov Gavrilov Nikolaev Prokhorov Ryzhkov Savelyev Trofimov Ustinov Yefimov Zolotov",
    "Aleksandr Sergei Dmitri Andrei Alexei Vladimir Mikhail Yevgeny Nikolai Viktor Yuri Oleg Igor"
    " Konstantin Anatoly Vitaly Boris Grigory Leonid Gennady Valery Roman Maxim Denis Arkady Kirill"
    " Pavel Timur Ruslan Vyacheslav Stanislav Yaroslav Svetlana Olga Tatiana Natalia Irina",
)
WOMEN = 5  # The last of the Russian given names, after whom no child is called.
SPANISH = (
    "Garcia Rodriguez Martinez Hernandez Lopez Gonzalez Perez Sanchez Ramirez Torres Flores Rivera"
    " Gomez Diaz Cruz Morales Ortiz Gutierrez Chavez Ramos Ruiz Alvarez Mendoza Vasquez Castillo"
    " Jimenez Moreno Romero Herrera Medina Aguilar Cardenas Zambada Guzman Quintero Caro Beltran"
    " Carrillo Arellano Esparragoza Cazares Ochoa Trevino Villarreal Rincon Bolivar Maduro Padrino",
    "Juan Jose Luis Carlos Jorge Miguel Pedro Francisco Antonio Manuel Rafael Fernando Ricardo"
    " Eduardo Alejandro Roberto Arturo Javier Hector Raul Ramon Ismael Joaquin Ignacio Vicente"
    " Gabriel Diego Andres Oscar Sergio Enrique Felipe Ernesto Guadalupe Maria Teresa Rosalinda",
)
KOREAN = (
    "Kim Ri Pak Choe Jong Kang Cho Yun Jang Im Han O So Sin Kwon Hwang An Song Ryu Hong Chon Ko"
    " Mun Yang Son Pae Paek Ho Nam Sim No Ha Kwak Song U Chu Rim",
    "Jong Un Il Chol Yong Ho Song Nam Kyong Hui Myong Su Tae Hyon Won Kwang Min Chun Sok Chang Ok"
    " Hak Sun Guk Ryong Dong Pyong Hun Jin Gi Sik Man Rim Ung Hyok Sang Mu",
)
CANTONESE = (
    "Chan:陳 Wong:黃 Lee:李 Cheung:張 Lau:劉 Yeung:楊 Ng:吳 Leung:梁 Lam:林 Ho:何 Chow:周 Cheng:鄭"
    " Tsang:曾 Kwok:郭 Fung:馮 Tang:鄧 Tse:謝 Yip:葉"
    " Lo:羅 Hui:許 Poon:潘 Mak:麥 Siu:蕭 Law:羅 So:蘇"
    " Yuen:袁 Choi:蔡 To:杜 Kwan:關 Pang:彭 Tam:譚"
    " Yau:丘 Lai:黎 Chiu:趙 Sin:冼 Mok:莫 Kan:簡 Au:區",
    "Tai:大 Man:文 Wai:偉 Ming:明 Kin:健 Keung:強 Wing:榮 Fai:輝 Ka:家 Ho:豪 Chi:志 Kwok:國 Wah:華"
    " Siu:小 Ling:玲 Mei:美 Yee:儀 Suk:淑 Fong:芳 Hing:興 Shun:順 Lok:樂 Hang:恆 Tung:東 Yan:恩"
    " Sum:心 Pui:佩 Kit:傑 Chun:俊 Hin:軒 Lap:立 Shing:誠 Cheuk:卓 Tsz:子 Long:朗 Yuk:玉 Lan:蘭"
    " Kam:錦 Hon:漢 On:安 Ping:平 Shan:山 Yin:燕 Lung:龍 Fu:富 Sang:生 Tak:德 Yiu:耀 Kei:基 Hoi:海"
    " Sau:秀 Wan:雲 Oi:愛 Nga:雅 King:敬 Choi:彩 Bik:碧 Lin:蓮 Hung:雄 Kwong:光 Yat:日 Cham:湛",
)
MANDARIN = (
    "Wang:王 Li:李 Zhang:張 Liu:劉 Chen:陳 Yang:楊"
    " Zhao:趙 Huang:黃 Zhou:周 Wu:吳 Xu:徐 Sun:孫 Ma:馬"
    " Zhu:朱 Hu:胡 Guo:郭 He:何 Lin:林 Gao:高"
    " Luo:羅 Zheng:鄭 Liang:梁 Xie:謝 Song:宋 Tang:唐 Han:韓"
    " Deng:鄧 Feng:馮 Cao:曹 Peng:彭 Xiao:蕭 Tian:田 Dong:董 Pan:潘 Yuan:袁 Cai:蔡 Jiang:蔣 Yu:余",
    "Wei:偉 Fang:芳 Na:娜 Min:敏 Jing:靜 Qiang:強 Lei:磊 Jun:軍 Yong:勇 Jie:傑 Juan:娟 Tao:濤"
    " Ming:明 Chao:超 Xia:霞 Ping:平 Gang:剛 Gui:桂 Hua:華 Jian:建 Guo:國 Zhi:志 Hong:紅 Bin:斌"
    " Hai:海 Yan:燕 Ting:婷 Bo:波 Ning:寧 Long:龍 Shan:山 Dong:東 Xin:新 Yu:宇 Ze:澤 Hao:浩"
    " Kai:凱 Rui:瑞 Feng:鋒 Qing:慶 Sheng:勝 Xiang:祥 Lan:蘭 Zhen:振 Ye:業 Run:潤 Meng:夢 Shi:世",
)
ENGLISH = (
    "Smith Johnson Williams Brown Taylor Davies"
    " Evans Thomas Roberts Walker Wright Robinson Thompson"
    " White Hughes Edwards Green Hall Wood Harris Clarke Jackson Turner Cooper Morris Ward Baker"
    " Campbell Fraser Stewart MacDonald Sullivan Murphy Kennedy Fletcher Barrett Whitfield Ashworth"
    " Pemberton Hawthorne Lockwood Winslow Carmichael Drummond Sinclair Prescott Holloway Mercer",
    "James William Oliver George Henry Thomas Edward Charles Robert Richard Michael David Peter"
    " Andrew Stephen Philip Martin Simon Nicholas Christopher Jonathan Benjamin Elizabeth Victoria"
    " Charlotte Emily Sophie Caroline Margaret Catherine Helen Alice Rebecca Jessica Amanda Fiona"
    " Gordon Graham Duncan Malcolm Trevor Nigel Julian Adrian Desmond Quentin Rupert Hugo",
)
INDIAN = (
    "Sharma Patel Gupta Mehta Reddy Iyer Nair Menon Chatterjee Banerjee Mukherjee Agarwal Kapoor"
    " Malhotra Khanna Joshi Deshmukh Kulkarni Bhattacharya Srinivasan Krishnan Subramanian Pillai"
    " Rao Desai Shah Trivedi Chowdhury Ghosh Bose Saxena Tiwari Pandey Mishra Venkataraman",
    "Rajesh Suresh Ramesh Anil Sunil Vijay Sanjay Ashok Deepak Manoj Ravi Arun Kiran Prakash Vikram"
    " Rahul Amit Nitin Harish Ganesh Mahesh Dinesh Lakshmi Priya Anjali Kavita Sunita Meera Divya"
    " Pooja Shreya Aditya Siddharth Karthik Narayan Gopal",
)
EUROPEAN = (
    "Mueller Schneider Fischer Weber Hoffmann Lehmann Zimmermann Dubois Lefebvre Moreau Fournier"
    " Girard Rossi Ferrari Esposito Colombo Ricci Marchetti Jansen Bakker Visser Mulder Andersson"
    " Lindqvist Johansson Virtanen Nielsen Kowalski Nowak Wisniewski Novotny Dvorak Horvath Nagy"
    " Papadopoulos Georgiou Silva Pereira Oliveira Carvalho",
    "Hans Klaus Juergen Wolfgang Stefan Pierre Francois Philippe Laurent Giovanni Marco Alessandro"
    " Lorenzo Jan Pieter Willem Erik Lars Anders Mikko Jakob Tomasz Marek Jiri Gabor Laszlo Nikos"
    " Dimitrios Joao Paulo Anna Katrin Isabelle Chiara Ingrid Astrid Magdalena Eva",
)
ADJECTIVES = (
    "Golden Northern Eastern Pacific Blue Silver Prime Crystal Evergreen Summit Harbour Phoenix"
    " Oriental Imperial Crescent Granite Meridian Falcon Cobalt Lotus Jade Amber Orion Polaris"
    " Zenith Sterling Coral Pearl Tiger Dragon Eagle Sapphire Atlas Titan Nova Vertex"
)
NOUNS = (
    "Shipping Petroleum Logistics Electronics Minerals Aviation Textiles Chemicals Machinery Steel"
    " Maritime Energy Construction Foodstuff Technologies Investment Capital Ventures Commodities"
    " Resources Instruments Pharma Engineering"
    " Telecom Automotive Plastics Optics Refining Bunkering"
)
FORMS = (
    "Limited",
    "Ltd",
    "LLC",
    "Company Limited",
    "Trading LLC",
    "Holdings Limited",
    "JSC",
    "Inc",
)


@dataclass(frozen=True, slots=True)
class Made:
    """Somebody made up: `family` and `given` in Latin letters, `chinese` where there is one."""

    culture: str
    family: str
    given: tuple[str, ...]
    chinese: str = ""

    @property
    def name(self) -> str:
        """As a passport says it: the given names in front, but in East Asia the family name."""
        if self.culture in ("cantonese", "mandarin", "korean"):
            return " ".join((self.family, *self.given))
        return " ".join((*self.given, self.family)) if self.given else self.family


_POOLS = {
    "arabic": ARABIC,
    "persian": PERSIAN,
    "russian": RUSSIAN,
    "spanish": SPANISH,
    "korean": KOREAN,
    "cantonese": CANTONESE,
    "mandarin": MANDARIN,
    "english": ENGLISH,
    "indian": INDIAN,
    "european": EUROPEAN,
}
# How often each is met: on the lists, and among a Hong Kong broker's clients.
ON_LISTS = {
    "arabic": 27, "persian": 12, "russian": 20, "spanish": 15, "korean": 5, "mandarin": 6,
    "cantonese": 3, "firm": 12,
}  # fmt: skip
AMONG_CLIENTS = {
    "cantonese": 40, "mandarin": 22, "english": 12, "indian": 5, "european": 5, "korean": 2,
    "russian": 2, "arabic": 2, "firm": 10,
}  # fmt: skip


def made_up(random: Random, shares: dict[str, int]) -> Made:
    """The next of these shares; the same one for the same state of `random`."""
    [culture] = random.choices(list(shares), weights=list(shares.values()))
    if culture == "firm":
        words = [random.choice(ADJECTIVES.split()), random.choice(ADJECTIVES.split())]
        words += [random.choice(NOUNS.split()), random.choice(FORMS)]
        return Made("firm", " ".join(dict.fromkeys(words)), ())
    families, givens = (pool.split() for pool in _POOLS[culture])
    family = random.choice(families)
    wanted = {"arabic": 3, "russian": 2, "spanish": 2}.get(culture, 2)
    if culture == "english" and random.random() < 0.4:
        wanted = 1
    given = random.sample(givens, wanted)
    if culture == "spanish":
        given.append(random.choice(families))  # The mother's name.
    if culture == "arabic":
        family = f"Al-{family}" if random.random() < 0.6 else family
    if culture == "russian":
        given[1] = _patronymic(random.choice(givens[:-WOMEN]))
    parts = [part.partition(":") for part in (family, *given)]
    return Made(culture, parts[0][0], tuple(p[0] for p in parts[1:]), "".join(p[2] for p in parts))


def _patronymic(father: str) -> str:
    if father.endswith(("ei", "ai")):
        return f"{father[:-1]}evich"
    return f"{father.rstrip('aiy')}ovich"
