-- The sample database: a small university, made up for this project.
-- Four schemas. Nothing links an employee to a department, or a project to a building:
-- questions that need such a link cannot be answered, and have to be declined.

CREATE SCHEMA academics;
CREATE SCHEMA staff;
CREATE SCHEMA facilities;
CREATE SCHEMA research;

CREATE TABLE academics.departments (
  department_id integer PRIMARY KEY,
  name text NOT NULL UNIQUE,
  code varchar(8) NOT NULL UNIQUE
);
COMMENT ON TABLE academics.departments IS 'Departments that teach; also called faculties';
COMMENT ON COLUMN academics.departments.code IS 'The short form, as in course codes';

CREATE TABLE academics.courses (
  course_id integer PRIMARY KEY,
  department_id integer NOT NULL REFERENCES academics.departments (department_id),
  code varchar(12) NOT NULL UNIQUE,
  title text NOT NULL,
  credits smallint NOT NULL CHECK (credits > 0)
);
COMMENT ON TABLE academics.courses IS 'Courses, each offered by one department';

CREATE TABLE academics.students (
  student_id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  date_of_birth date NOT NULL,
  enrollment_date date NOT NULL,
  major_department_id integer REFERENCES academics.departments (department_id)
);
COMMENT ON TABLE academics.students IS 'Everybody who ever enrolled at the university';
COMMENT ON COLUMN academics.students.enrollment_date IS 'First day at the university';
COMMENT ON COLUMN academics.students.major_department_id IS 'Null until a major is declared';

CREATE TABLE academics.enrollments (
  enrollment_id integer PRIMARY KEY,
  student_id integer NOT NULL REFERENCES academics.students (student_id),
  course_id integer NOT NULL REFERENCES academics.courses (course_id),
  semester varchar(6) NOT NULL CHECK (semester IN ('Spring', 'Fall')),
  year smallint NOT NULL,
  grade varchar(2),
  UNIQUE (student_id, course_id, semester, year)
);
COMMENT ON TABLE academics.enrollments IS 'A student in a course in one semester';
COMMENT ON COLUMN academics.enrollments.grade IS 'A to F; null while the course runs';

CREATE TABLE staff.employees (
  employee_id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL UNIQUE,
  hire_date date NOT NULL,
  position text NOT NULL
);
COMMENT ON TABLE staff.employees IS 'Everybody on the payroll';

CREATE TABLE staff.salaries (
  salary_id integer PRIMARY KEY,
  employee_id integer NOT NULL REFERENCES staff.employees (employee_id),
  amount numeric(12,2) NOT NULL CHECK (amount > 0),
  effective_date date NOT NULL,
  UNIQUE (employee_id, effective_date)
);
COMMENT ON TABLE staff.salaries IS 'What an employee earns from a date on, until the next row';
COMMENT ON COLUMN staff.salaries.amount IS 'Gross pay for a year, in euros';

CREATE TABLE facilities.buildings (
  building_id integer PRIMARY KEY,
  name text NOT NULL UNIQUE,
  address text NOT NULL,
  construction_year smallint NOT NULL
);
COMMENT ON TABLE facilities.buildings IS 'Buildings that the university owns';

CREATE TABLE facilities.rooms (
  room_id integer PRIMARY KEY,
  building_id integer NOT NULL REFERENCES facilities.buildings (building_id),
  room_number varchar(8) NOT NULL,
  capacity smallint NOT NULL CHECK (capacity > 0),
  room_type text NOT NULL,
  UNIQUE (building_id, room_number)
);
COMMENT ON COLUMN facilities.rooms.capacity IS 'How many people it seats; also called seats';

CREATE TABLE facilities.equipment (
  equipment_id integer PRIMARY KEY,
  room_id integer NOT NULL REFERENCES facilities.rooms (room_id),
  name text NOT NULL,
  purchase_date date NOT NULL,
  last_maintenance_date date
);
COMMENT ON TABLE facilities.equipment IS 'Things with a number on them; also called devices';
COMMENT ON COLUMN facilities.equipment.last_maintenance_date IS 'Null where it was never serviced';

CREATE TABLE research.projects (
  project_id integer PRIMARY KEY,
  title text NOT NULL UNIQUE,
  description text,
  start_date date NOT NULL,
  end_date date,
  funding_amount numeric(12,2) NOT NULL
);
COMMENT ON TABLE research.projects IS 'Research projects, past and present';
COMMENT ON COLUMN research.projects.end_date IS 'Null while no end is set';
COMMENT ON COLUMN research.projects.funding_amount IS 'All money granted, in euros; also called budget';

CREATE TABLE research.publications (
  publication_id integer PRIMARY KEY,
  title text NOT NULL,
  authors text NOT NULL,
  publication_date date NOT NULL,
  journal text NOT NULL,
  doi text UNIQUE
);
COMMENT ON TABLE research.publications IS 'Articles in journals; also called papers or articles';
COMMENT ON COLUMN research.publications.authors IS 'As printed, apart by semicolons';

CREATE TABLE research.project_members (
  project_id integer NOT NULL REFERENCES research.projects (project_id),
  employee_id integer NOT NULL REFERENCES staff.employees (employee_id),
  role text NOT NULL,
  PRIMARY KEY (project_id, employee_id)
);
COMMENT ON TABLE research.project_members IS 'Who works on a project, and as what';
